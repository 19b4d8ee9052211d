// The one file that compiles what BOOST_ASIO_SEPARATE_COMPILATION and its like for Beast leave out
// of all others.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
