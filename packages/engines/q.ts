import { openEngineMark } from './src/index.ts';
import { detectTokens, zScore } from '@taggant/detector';
import { distinctPairs } from '@taggant/core';
import { uniforms, markedText, MARKS } from './test/generators/synthid-texts.ts';
const next=uniforms(5); const key=()=>Math.floor(next()*2**26)*2**22+Math.floor(next()*2**22);
function run(name:string,text:ArrayLike<number>,mark:string,K:number,L=30){
 const pairs=distinctPairs(text,{contextWidth:4});const out=new Float64Array(pairs.n);const zs:number[]=[];
 for(let i=0;i<K;i++){const m=openEngineMark({mark,config:{ngram_len:5,keys:Array.from({length:L},key)}});m.score(pairs,out);zs.push(zScore(m.law,out.reduce((a,b)=>a+b,0),pairs.n))}
 const v=zs.reduce((a,b)=>a+b*b,0)/K; console.log(mark,name,'L',L,'n',pairs.n,'mean z',(zs.reduce((a,b)=>a+b,0)/K).toFixed(3),'var',v.toFixed(3),'±',(v*Math.sqrt(2/K)).toFixed(3),'>2.326:',zs.filter(z=>z>2.326).length/K,'>3.09',zs.filter(z=>z>3.09).length/K,'max',Math.max(...zs).toFixed(2)); return zs}
const rt=()=>Array.from({length:200},()=>Math.floor(next()*50000));
for(let t=0;t<4;t++)run('random text',rt(),'deepmind/synthid',1500);
run('random L1',rt(),'deepmind/synthid',4000,1);
run('random text 1000',Array.from({length:1000},()=>Math.floor(next()*50000)),'deepmind/synthid',500);
run('marked HEAD',markedText('repository',300,uniforms(7)),'deepmind/synthid',1500);
run('marked HEAD',markedText('repository',300,uniforms(8)),'deepmind/synthid',1500);
run('marked HF',markedText('hf',300,uniforms(7)),'hf/synthid',1500);
run('random',rt(),'hf/synthid',1500);
