"""Tables of the sample company. Domains end in `.example` (RFC 2606), and phone numbers lie in the ranges that the German regulator
keeps free for films and books (Bundesnetzagentur, Mitteilung 148/2021), so that nobody real is ever written to or called."""
