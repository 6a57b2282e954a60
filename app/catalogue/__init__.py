"""Catalogue (事项目录): what can be applied for, where, with what, by when; themes; the region tree."""
