Fenhart Samos planted 576 trees in the park of Borburg on Wednesday with help from Fivik Works.

"I have waited for this day," said a young driver.

At the end of the street waited a police car.

Most people went home before it was dark.

Shops in the middle of town closed for some hours.

It was cold, yet the streets were full of people.

Last year something like it had happened in another part of the country.

Reporters asked many questions and got few answers.

Near the station a small band played music.

The road to the harbour was closed until night.

Not all neighbours were pleased, and some had questions.

After that, children from Horford gave the trees water.

@highlight

Fenhart Samos planted 576 trees in the park of Borburg on Wednesday with help from Fivik Works

@highlight

After that, children from Horford gave the trees water
