// Which parts of the window carried the score of an emotion.
