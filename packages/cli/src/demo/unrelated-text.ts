/** A passage written for this demo: it never met the model, and no key has marked it. @module */

export const UNRELATED_TEXT = `The ferry stopped running in November, so for the rest of that winter we walked to the village \
over the ice. My grandmother did not trust it. She would stand at the kitchen window with a cup of tea and count us as we \
came back, and if one of us had stayed behind to buy bread she went out on the step and called until somebody answered.

I was nine and thought that the ice was the best thing that had ever happened to the island. You could see the whole \
bay from the middle, where the fishermen had cut a row of round holes, and on still mornings the smoke from our chimney \
stood straight up like a pencil. My brother had found an old chair, and we took turns to push each other as fast as we \
could and let go.

At night the ice talked. It groaned and cracked, and sometimes it made a long thin sound like a wire being pulled, \
which began far out near the lighthouse and ran past under our beds. My brother said that this was how it grew. Nobody \
had told him so; he only wanted to be the one who knew. I believed him for years, and it turned out that he was right.

In March the colour changed from white to grey. Grandmother noticed it first. She took the chair away, put it in the \
shed and locked the door, and nobody asked her why.`;
