"""Audit (审计): who did what to whom, with which result, in the transaction of the effect; append-only.

Holds ids, codes and counts, never a name, an 身份证号 or a phone number (GB/T 35273-2020 8.7).
"""
