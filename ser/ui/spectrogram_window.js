// The three seconds that the network scores, outlined and draggable, with their scores.
