"""What text recognition (OCR) has read of a document, in words."""

from kefu.retrieval.v1 import knowledge_pb2 as pb


def recognition_text(recognition: pb.TextRecognition) -> str:
    """Such as "pages 3, 5-9 and 2 pictures read by OCR, 94 % sure"; empty if nothing was read."""
    parts: list[str] = []
    if recognition.page_count:
        parts.append(f"{'pages' if recognition.page_count > 1 else 'page'} {recognition.pages}")
    if recognition.picture_count:
        parts.append(f"{recognition.picture_count} picture{'s' if recognition.picture_count > 1 else ''}")
    if not parts:
        return ""
    # Rounded down: 100 % is said of certainty alone.
    sure = f"{' and '.join(parts)} read by OCR, {int(recognition.certainty * 100 + 1e-4)} % sure"
    return f"{sure}; compare with the original: {recognition.doubtful_pages}" if recognition.doubtful_pages else sure
