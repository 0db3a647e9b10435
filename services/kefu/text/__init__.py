"""Text in Chinese and English: language, characters, numbers, personal data, equal questions."""
