#include <expat.h>
#include <minizip/unzip.h>
#include <minizip/zip.h>
#include <xlsxwriter.h>
