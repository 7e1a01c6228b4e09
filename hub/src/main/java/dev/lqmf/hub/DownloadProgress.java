package dev.lqmf.hub;

/**
 * How far a download has come.
 *
 * @param file the file that advanced, as named in the repository
 * @param fileDone its bytes on disk, those of an earlier attempt included
 * @param fileTotal its size in bytes
 * @param done bytes on disk of all files that this download fetches
 * @param total their sizes in bytes; grows once when a model's index is read
 */
public record DownloadProgress(String file, long fileDone, long fileTotal, long done, long total) {}
