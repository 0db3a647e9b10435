"""Who a customer is: tokens of the company's site, codes sent by mail, and the conversations that go along."""
