// The sound of the open clips: play, pause, seek, loop and half speed, exact to the sample.
