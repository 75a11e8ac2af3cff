import StorageSQLite
import Testing
