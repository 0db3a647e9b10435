"""
Attachments in an answer: what of them is searched with, and what is said of them.

What is read off a picture or PDF is the customer's word, and whoever made the file may be somebody else. So it is kept
out of every text that an answer, an action or a rule is made of (`Question.message`, the history). It is searched with,
behind what the customer wrote, and it is quoted back in a fixed sentence at the end of the answer. That sentence is cut
from the history (`words.without_note`), so that a quoted figure is no evidence later either.

A file that gives the assistant orders is neither searched with nor quoted.
"""
