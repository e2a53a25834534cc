"""The numbers that hold until the first `link` has learnt better ones; learning returns to them where a table says nothing.

Learnt without labels by `mailguard.linkage.learning` from generated tables of customers (tests/benchmarks/people.py) and from
the FEBRL data sets 3 and 4 (Christen 2008; without their social security numbers), the mean of both where both have the
field, and one tenth of plain estimates, so that no level is impossible because no generator makes it. Of no population in
particular: no name is told to be common, which errs towards asking a clerk about rare names.
"""

from __future__ import annotations

from typing import Final

from mailguard.identity.parameters import Frequencies, Parameters

DEFAULTS: Final = Parameters(
    partners=0.6,
    housemates=1.0,
    juniors=0.003,
    namesakes=6e-6,
    levels={
        "given_name": (
            (0.71592, 0.0143, 0.106, 0.0465, 0.0525, 0.00051, 0.00457, 0.0597),  # same
            (0.00396, 0.00161, 0.00134, 1.27e-05, 0.0102, 5.36e-05, 0.00171, 0.9811137),  # household
            (0.71592, 0.0143, 0.106, 0.0465, 0.0525, 0.00051, 0.00457, 0.0597),  # junior
            (0.78552, 0.0364, 0.0296, 0.00395, 0.0324, 0.0011, 0.00703, 0.104),  # namesake
            (0.00396, 0.00161, 0.00134, 1.27e-05, 0.0102, 5.36e-05, 0.00171, 0.9811137),  # stranger
        ),
        "surname": (
            (0.79021, 0.139, 0.00106, 0.000869, 0.000511, 0.00975, 0.0586),  # same
            (0.801125, 0.0726, 0.00444, 0.000222, 0.000263, 0.00535, 0.116),  # household
            (0.79021, 0.139, 0.00106, 0.000869, 0.000511, 0.00975, 0.0586),  # junior
            (0.74358, 0.0418, 0.00137, 0.000275, 0.000275, 0.0177, 0.195),  # namesake
            (0.00201, 0.000591, 3.15e-05, 1.69e-05, 0.000113, 0.000838, 0.9963996),  # stranger
        ),
        "date_of_birth": (
            (0.92379, 0.00854, 0.0268, 0.00103, 0.013, 0.00414, 0.0227),  # same
            (3.59e-05, 1.93e-05, 0.00105, 5.03e-05, 0.00313, 0.0226, 0.9731145),  # household
            (3.59e-05, 1.93e-05, 0.00105, 5.03e-05, 0.00313, 0.0226, 0.9731145),  # junior
            (3.59e-05, 1.93e-05, 0.00105, 5.03e-05, 0.00313, 0.0226, 0.9731145),  # namesake
            (3.59e-05, 1.93e-05, 0.00105, 5.03e-05, 0.00313, 0.0226, 0.9731145),  # stranger
        ),
        "phone": (
            (0.72589, 0.0241, 0.00101, 0.249),  # same
            (0.083, 0.00237, 0.00101, 0.91362),  # household
            (0.083, 0.00237, 0.00101, 0.91362),  # junior
            (1.09e-06, 1.09e-06, 1.9e-07, 0.99999763),  # namesake
            (1.09e-06, 1.09e-06, 1.9e-07, 0.99999763),  # stranger
        ),
        "email": (
            (0.43734, 0.328, 0.00101, 0.0439, 0.00765, 0.0248, 0.058, 0.0993),  # same
            (0.254, 0.00339, 0.00101, 0.0154, 0.00096, 0.002, 0.0265, 0.69674),  # household
            (0.0701, 0.0185, 0.0017, 0.00553, 0.0291, 0.195, 0.43607, 0.244),  # junior
            (0.0244, 0.0286, 5.09e-06, 0.0113, 0.00249, 0.0984, 0.77620491, 0.0586),  # namesake
            (1.18e-06, 1.98e-07, 5.54e-06, 1.18e-06, 2.27e-06, 2.27e-06, 0.000477, 0.999510362),  # stranger
        ),
        "postcode": (
            (0.83547, 0.103, 0.00673, 0.0548),  # same
            (0.95859, 0.0128, 0.00201, 0.0266),  # household
            (0.95859, 0.0128, 0.00201, 0.0266),  # junior
            (0.000474, 0.00576, 0.0147, 0.979066),  # namesake
            (0.000474, 0.00576, 0.0147, 0.979066),  # stranger
        ),
        "city": (
            (0.7227, 0.211, 0.0663, 0.593, 0.198, 0.209, 0.8, 0.12, 0.08),  # same
            (0.9114, 0.0718, 0.0168, 0.304, 0.0501, 0.6459, 0.85, 0.08, 0.07),  # household
            (0.9114, 0.0718, 0.0168, 0.304, 0.0501, 0.6459, 0.85, 0.08, 0.07),  # junior
            (0.119, 0.00574, 0.87526, 0.00282, 0.00163, 0.99555, 0.02, 0.01, 0.97),  # namesake
            (0.119, 0.00574, 0.87526, 0.00282, 0.00163, 0.99555, 0.02, 0.01, 0.97),  # stranger
        ),
        "street_address": (
            (0.6082, 0.167, 0.0688, 0.156, 0.127, 0.115, 0.063, 0.695),  # same
            (0.9235, 0.0401, 0.0111, 0.0253, 0.00704, 0.00132, 0.0242, 0.96744),  # household
            (0.9235, 0.0401, 0.0111, 0.0253, 0.00704, 0.00132, 0.0242, 0.96744),  # junior
            (0.42, 0.0104, 0.00645, 0.56315, 4.83e-05, 3.87e-05, 0.00963, 0.990283),  # namesake
            (0.42, 0.0104, 0.00645, 0.56315, 4.83e-05, 3.87e-05, 0.00963, 0.990283),  # stranger
        ),
        "name_in_email": (
            (0.587, 0.104, 0.075, 0.234),  # same
            (6.9e-05, 0.00877, 0.0185, 0.972661),  # household
            (0.5111, 0.199, 0.0999, 0.19),  # junior
            (0.544, 0.15, 0.271, 0.035),  # namesake
            (5.18e-05, 0.000207, 0.00103, 0.9987112),  # stranger
        ),
    },
    frequencies={
        "given_name": Frequencies({}, 0.004, 0.004),
        "surname": Frequencies({}, 0.0009, 0.0009),
    },
)
