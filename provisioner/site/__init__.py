"""What lands on a site, rendered from site_templates."""
