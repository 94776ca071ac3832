"""The choice of a microphone, as HTML: the recorder has one, and so has the live mode."""

# scripts/microphone_choice.js fills it, and shows it as soon as the browser says which microphones there are.
CHOICE = '<label class="microphone-choice" hidden><span>Microphone</span><select></select></label>'
