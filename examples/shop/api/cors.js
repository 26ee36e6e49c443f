const cors = require('cors');

const partners = /^https:\/\/.*partner.example.com/;

/** The shop itself, the partners' sites, and the people who build the shop. */
module.exports = cors({
  origin: [process.env.SHOP_URL, partners],
  credentials: true,
  exposeHeaders: ['X-Total-Count'],
});
