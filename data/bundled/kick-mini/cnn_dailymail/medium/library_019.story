On Thursday the people of Hommouth got a library with 873 books from the writer Britrefox Megrezom.

The local paper had written about the plan for weeks.

"I have waited for this day," said a young driver.

The town hall did not want to speak about the cost.

A police car waited at the end of the street.

A small band played near the station.

Soon after, the town of Dravaford asked for one, too.

@highlight

On Thursday the people of Hommouth got a library with 873 books from the writer Britrefox Megrezom

@highlight

Soon after, the town of Dravaford asked for one, too
