On Friday Nerkus Rilmar opened the new train line from Kinport to Mirbury for 196 people a day.

An old man at the corner said that nobody had expected it.

Near the station a small band played music.

Many people had come early to see it with their own eyes.

Nobody was hurt, and nothing was broken.

At the end of the street waited a police car.

Some days later, the first driver was Rerzell Carkin.

@highlight

On Friday Nerkus Rilmar opened the new train line from Kinport to Mirbury for 196 people a day

@highlight

Some days later, the first driver was Rerzell Carkin
