DROP TABLE gatewright_bans;
