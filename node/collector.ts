// How a node's process uses memory: V8's collector for throughput on few cores and a small heap, and the C library's pages.
import { setFlagsFromString } from 'node:v8'

/**
 * What a process of ours must be started with, since V8 takes it at its start only; bin/epione has the same. Most of
 * what a transaction makes is dead before 32 MiB for young objects are full, and what is dead costs nothing.
 */
export const startFlags: readonly string[] = ['--max-semi-space-size=32']

/**
 * What such a process finds in its environment; bin/epione has the same. State trees lie outside V8's heap and are walked all
 * over: with pages of 2 MiB, where system and C library have them, a key costs a sixth less.
 */
export const startEnvironment: Readonly<Record<string, string>> = {
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
}

/**
 * Young objects are collected on the thread that made them: helpers cost more in waking and in sharing than they save, a few
 * megabytes at a time, and their cores have other work. Old ones are collected when the heap is one and three quarters of
 * what is alive, since few grow old: more would be resident for nothing. And nothing is made old: V8
 * does so at places where much outlives a collection, such as the mempool's, but it is dead a second later, and a dead old object
 * keeps all that it refers to alive until old objects are collected.
 */
export function tuneCollector(): void {
  setFlagsFromString('--no-parallel-scavenge')
  setFlagsFromString('--heap-growing-percent=75')
  setFlagsFromString('--no-allocation-site-pretenuring')
}
