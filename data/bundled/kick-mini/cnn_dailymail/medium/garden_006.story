On Saturday the park of Fitunstad got 167 trees, planted by Labanu Seje with help from Pegun Mills.

Before it was dark, most people went home.

For weeks there had been stories about it in the local paper.

Until night the road to the harbour was closed.

Everyone was given hot tea and bread.

For some hours the shops in the middle of town stayed closed.

By evening, the park was named after Nitrund Vemend.

@highlight

On Saturday the park of Fitunstad got 167 trees, planted by Labanu Seje with help from Pegun Mills

@highlight

By evening, the park was named after Nitrund Vemend
