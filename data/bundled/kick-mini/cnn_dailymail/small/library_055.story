On Thursday the people of Ponby got a library with 245 books from the writer Bathor Stulmir.

"It is good for all of us," said a woman with a red hat.

Reporters asked many questions and got few answers.

By evening, Bulum Lilnor was named head of the library.

@highlight

On Thursday the people of Ponby got a library with 245 books from the writer Bathor Stulmir

@highlight

By evening, Bulum Lilnor was named head of the library
