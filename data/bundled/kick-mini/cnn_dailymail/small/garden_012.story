With help from Wolfen Foods, Brirmond Terkin planted 948 trees on Monday in the park of Nirville.

Reporters asked many questions and got few answers.

Experts say that such things take a long time.

Soon after, the park was named after Durtol Mulpert.

@highlight

With help from Wolfen Foods, Brirmond Terkin planted 948 trees on Monday in the park of Nirville

@highlight

Soon after, the park was named after Durtol Mulpert
