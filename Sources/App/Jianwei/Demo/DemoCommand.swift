import ArgumentParser
import Foundation
import Kernel
import Logging
import MobileSources
import Storage
import StorageSQLite

/// `jianwei demo --data DIR --years 2 --passes 40000000`: an invented past in an empty directory, for measurements.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "demo", abstract: "Fill an empty data directory with an invented past, for measurements.")

    @Option(help: "The data directory; created when absent.") var data = "data"
    @Option(help: "Years of passes before today.") var years = 2
    @Option(help: "About how many passes.") var passes = 40_000_000
    @Option(help: "Enterprises.") var enterprises = 800
    @Option(help: "Vehicles.") var vehicles = 200_000
    @Option(help: "The same seed makes the same past.") var seed: UInt64 = 1

    func run() async throws {
        guard years >= 1, passes >= 1, enterprises >= 1, vehicles >= enterprises else {
            throw ValidationError("years, passes and enterprises are at least 1, vehicles at least as many as enterprises")
        }
        var logger = Logger(label: "jianwei.demo")
        logger.logLevel = .warning
        let lock = try DirectoryLock(data)
        var options = SQLiteDatabase.Options()
        options.isDurable = false
        options.writerCacheMegabytes = 512
        let fast = try await Installation.open(data, logger: logger, databaseOptions: options)
        let plan = BulkPlan(size: BulkPlan.Size(enterprises: enterprises, vehicles: vehicles, days: years * 365, passes: passes), seed: seed)
        try await BulkHistory(plan: plan, seed: seed, gates: fast.gates, database: fast.database).load(until: Clock.system.now) { line in
            print(line)
            fflush(nil)
        }
        await fast.database.close()
        sync()
        lock.release()
    }
}
