import ArgumentParser
import AsyncHTTPClient
import Hummingbird

@main
struct Jianwei: AsyncParsableCommand {
    func run() async throws { print("jianwei") }
}
