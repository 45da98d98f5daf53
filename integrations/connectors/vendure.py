"""Vendure."""

from integrations.connectors.http import DeclaredConnector


class Vendure(DeclaredConnector):
    platform = "vendure"
    label = "Vendure"
