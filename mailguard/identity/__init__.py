"""Who a recipient is. Pure: one recipient against candidates."""
