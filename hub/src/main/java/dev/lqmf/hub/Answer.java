package dev.lqmf.hub;

import java.net.URI;
import java.net.http.HttpHeaders;

/**
 * What a server answers: the head, and the body as it comes.
 *
 * @param uri the address that answered, after redirects
 * @param status the HTTP status
 * @param headers the head's fields
 * @param body must be closed
 */
record Answer(URI uri, int status, HttpHeaders headers, BodyQueue body) {}
