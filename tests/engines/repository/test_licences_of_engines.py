"""The licences of images again, where PyTorch, vLLM and what they bring are installed."""

from tests.unit.repository.test_licences import licences_of_images, under_gpl_alone


def test_no_image_holds_a_package_that_may_only_be_passed_on_under_the_gpl() -> None:
    licences = licences_of_images()
    assert under_gpl_alone(licences) == []
    assert len(licences) > 150
