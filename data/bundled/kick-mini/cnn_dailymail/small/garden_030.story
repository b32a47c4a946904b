On Wednesday the park of Gilfield got 331 trees, planted by Wolfen Falvik with help from Finnic Lines.

A police car waited at the end of the street.

By the road stood many children, who had a free day.

By evening, the park was named after Gurvel Nulpov.

@highlight

On Wednesday the park of Gilfield got 331 trees, planted by Wolfen Falvik with help from Finnic Lines

@highlight

By evening, the park was named after Gurvel Nulpov
