"""What has nothing to do with sound: files, text, interrupts, parallel work, deadlines."""
