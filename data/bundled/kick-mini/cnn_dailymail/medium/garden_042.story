On Thursday the park of Nirby got 943 trees, planted by Konvel Zunbol with help from Sorric Press.

A police car waited at the end of the street.

In every cafe people talked about nothing else.

A film team from the capital was there, too.

An old man at the corner said that nobody had expected it.

There were many questions from reporters and few answers.

Some days later, children from Huburg gave the trees water.

@highlight

On Thursday the park of Nirby got 943 trees, planted by Konvel Zunbol with help from Sorric Press

@highlight

Some days later, children from Huburg gave the trees water
