# SPDX-License-Identifier: MIT
"""What branding.py beside this folder is made of; see man 7
shardherd-branding."""
