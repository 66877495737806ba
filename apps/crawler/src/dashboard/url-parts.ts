// By slicing: these are asked for each page, of URLs that were parsed long ago.

/** `http://a.example:8080/b/c?d` is on `a.example:8080`. */
export function hostOf(url: string): string {
  const start = url.indexOf("//") + 2;
  return url.slice(start, pathStart(url, start));
}

/** And in the section `a.example:8080/b`: the first segment of the path, if it is a folder. */
export function sectionOf(url: string): string {
  const start = url.indexOf("//") + 2;
  const path = pathStart(url, start);
  const end = url.slice(path + 1).search(/[/?]/);
  const isFolder = end !== -1 && url[path + 1 + end] === "/";
  return isFolder ? url.slice(start, path + 1 + end) : url.slice(start, path);
}

function pathStart(url: string, from: number): number {
  const path = url.indexOf("/", from);
  return path === -1 ? url.length : path;
}
