A new train between Maton and Vabruville will carry 826 people a day, Rewa Gromil said on Thursday.

It was the talk of the town in every cafe.

Nobody at the town hall wanted to speak about the cost.

A police car waited at the end of the street.

"I have waited for this day," said a young driver.

"We did not expect this," said an old man at the corner.

In the end, the first driver was Nego Gostutax.

@highlight

A new train between Maton and Vabruville will carry 826 people a day, Rewa Gromil said on Thursday

@highlight

In the end, the first driver was Nego Gostutax
