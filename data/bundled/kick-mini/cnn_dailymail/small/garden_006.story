On Thursday the park of Tonford got 591 trees, planted by Nirric Certol with help from Puntim Works.

A small band played near the station.

By the road stood many children, who had a free day.

In the end, Samos Titim gave 500 coins for more trees.

@highlight

On Thursday the park of Tonford got 591 trees, planted by Nirric Certol with help from Puntim Works

@highlight

In the end, Samos Titim gave 500 coins for more trees
