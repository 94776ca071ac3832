"""Speech emotion recognition with CNN + BiLSTM networks trained on CREMA-D."""

__version__ = "0.1.0"
