/* Keeps a server on this machine that would otherwise listen on every network interface.
 *
 * Orthanc before 1.12.10 binds its HTTP and DICOM ports to 0.0.0.0, whatever its configuration says. Loaded by
 * LD_PRELOAD, this replaces bind() for the process: "any address" becomes 127.0.0.1, an address that was chosen
 * stays. "Any" of IPv6 becomes ::ffff:127.0.0.1, which a socket that takes IPv6 only refuses: closed, never open.
 *
 *   cc -shared -fPIC -O2 -o loopback.so loopback.c
 */

#define _GNU_SOURCE
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int bind(int descriptor, const struct sockaddr *address, socklen_t length)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (address != NULL && address->sa_family == AF_INET && length >= (socklen_t) sizeof v4) {
        memcpy(&v4, address, sizeof v4);
        if (v4.sin_addr.s_addr == htonl(INADDR_ANY)) {
            v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            address = (const struct sockaddr *) &v4;
            length = sizeof v4;
        }
    } else if (address != NULL && address->sa_family == AF_INET6 && length >= (socklen_t) sizeof v6) {
        memcpy(&v6, address, sizeof v6);
        if (IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr)) {
            const unsigned char mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
            memcpy(&v6.sin6_addr, mapped, sizeof mapped);
            address = (const struct sockaddr *) &v6;
            length = sizeof v6;
        }
    }
    /* Straight to the kernel: the C library's own bind() has been replaced by this one. */
    return (int) syscall(SYS_bind, descriptor, address, length);
}
