"""What the company's web site keeps."""

from website.models.member import Introduction
from website.models.notice import Notice
from website.models.referral import NeverInvite
from website.models.testimonial import Testimonial, TestimonialConsent

__all__ = ["Introduction", "NeverInvite", "Notice", "Testimonial", "TestimonialConsent"]
