Wonnius Nonzim said on Wednesday that 878 people a day will take the new train from Donport to Wurport.

An old man at the corner said that nobody had expected it.

For weeks there had been stories about it in the local paper.

In the end, the first driver was Konric Vunmar.

@highlight

Wonnius Nonzim said on Wednesday that 878 people a day will take the new train from Donport to Wurport

@highlight

In the end, the first driver was Konric Vunmar
