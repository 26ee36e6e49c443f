const jwt = require('jsonwebtoken');

/** Lets only those through who have signed in. */
function requireUser(req, res, next) {
  const token = req.headers.authorization?.split(' ')[1];
  if (!token) {
    return res.status(401).json({ error: 'sign in first' });
  }
  try {
    req.user = jwt.verify(token, process.env.JWT_SECRET);
    next();
  } catch {
    res.status(403).json({ error: 'this token is no longer good' });
  }
}

module.exports = { requireUser };
