"""The rules of Podium. They know no HTTP: pages, API, commands and jobs all call them."""
