"""All that lands on a site: settings, fronts, plugins."""
