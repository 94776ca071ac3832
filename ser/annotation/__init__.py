"""Labels of people: kept, exchanged with other programs, compared."""
