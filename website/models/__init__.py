"""What the company's web site keeps."""

from website.models.referral import NeverInvite
from website.models.testimonial import Testimonial, TestimonialConsent

__all__ = ["NeverInvite", "Testimonial", "TestimonialConsent"]
