/**
 * How many threads Nvidia's cards start at once: multiprocessors x the most threads of each. Both are among the properties that
 * torch.cuda.get_device_properties shows; the second is fixed by the card's compute capability (CUDA C++ Programming Guide,
 * "Technical Specifications per Compute Capability"): 2,048 for 7.0, 8.0, 9.0 and 10.0, 1,536 for 8.6, 8.9 and 12.0, 1,024 for 7.5.
 * @module
 */
export const CUDA_THREADS: Readonly<Record<string, number>> = {
  T4: 40 * 1024,
  L4: 58 * 1536,
  A10: 72 * 1536,
  A30: 56 * 2048,
  A10G: 80 * 1536,
  'RTX 3090': 82 * 1536,
  'A40, RTX A6000': 84 * 1536,
  V100: 80 * 2048,
  'RTX 4090': 128 * 1536,
  'L40, L40S, RTX 6000 Ada': 142 * 1536,
  A100: 108 * 2048,
  'H100 PCIe': 114 * 2048,
  'RTX 5090': 170 * 1536,
  'H100 SXM, H200': 132 * 2048,
  B200: 148 * 2048,
};
