A library with 953 books opened in Dreton on Tuesday, a gift of the writer Vocol Destu.

Experts say that such things take a long time.

Many people had come early to see it with their own eyes.

A police car waited at the end of the street.

Reporters asked many questions and got few answers.

"We did not expect this," said an old man at the corner.

As a result, Nego Barutem was named head of the library.

@highlight

A library with 953 books opened in Dreton on Tuesday, a gift of the writer Vocol Destu

@highlight

As a result, Nego Barutem was named head of the library
