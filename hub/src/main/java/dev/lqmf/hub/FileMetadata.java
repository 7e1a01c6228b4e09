package dev.lqmf.hub;

import java.util.OptionalLong;

/**
 * What the Hub says about a file before it is fetched.
 *
 * @param name as named in the repository
 * @param etag names the content: SHA-256 (64 hexadecimal digits) of a file in LFS, git's SHA-1 (40)
 *     of any other
 * @param size in bytes; absent if the server does not say
 */
record FileMetadata(String name, String etag, OptionalLong size) {}
